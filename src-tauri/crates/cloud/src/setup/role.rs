//! Steps about the role that MediaConvert takes on.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    SetupStep,
    policy::{SERVICE, role_policy, role_trust},
    step::let_set_up,
    walk::Walk,
};
use crate::{CloudError, refusal::Asked};

/// Name of the role, when nobody gives another.
pub(super) const ROLE: &str = "SpillwayMediaConvert";
/// Name of its policy.
pub(crate) const POLICY: &str = "spillway-bucket";

/// A role as IAM knows it.
struct Role {
    arn: String,
    trust: Value,
}

impl Walk<'_> {
    /// Both steps about the role, in their order.
    pub(super) async fn role_steps(&mut self) {
        if !self.cloud_has_iam {
            let text = "IAM was not asked: other services here are not Amazon's.";
            let advice = "Set `iam_endpoint` and `sts_endpoint` in `[cloud]` if there are such servers.";
            self.steps.push(SetupStep::warn("role", text, advice));
            self.steps.push(SetupStep::warn("role-policy", text, advice));
            return;
        }
        let (step, arn) = self.role().await;
        let seen = arn.is_some();
        let policy = match (step.stands(), seen) {
            (true, true) => self.role_policy().await,
            _ => SetupStep::skipped("role-policy", "role"),
        };
        // What cannot be looked at may be as it should.
        let policy = if step.stands() && !seen {
            SetupStep::warn("role-policy", "Not looked at, because the role could not be.", "")
        } else {
            policy
        };
        self.steps.push(step);
        self.steps.push(policy);
        if arn.is_some() {
            self.role_arn = arn;
        }
    }

    /// Also its ARN, once it is there.
    async fn role(&self) -> (SetupStep, Option<String>) {
        const NAME: &str = "role";
        let name = &self.role;
        match self.find_role().await {
            Ok(Some(role)) if trusts(&role.trust) => (
                SetupStep::fine(NAME, format!("Role {name} is there, and MediaConvert may take it on.")),
                Some(role.arn),
            ),
            Ok(Some(_)) => {
                let text = format!("Role {name} is there, but MediaConvert may not take it on.");
                let advice = format!(
                    "Let {SERVICE} do `sts:AssumeRole` in its trust policy (`iam:UpdateAssumeRolePolicy`), or choose \
                     another name."
                );
                (SetupStep::missing(NAME, text, advice), None)
            }
            Ok(None) if self.wish.check_only => {
                let text = format!("There is no role {name}.");
                (SetupStep::missing(NAME, text, let_set_up("iam:CreateRole")), None)
            }
            Ok(None) => match self.create_role().await {
                Ok(arn) => {
                    let text =
                        format!("Role {name} was made; it may take some seconds until all of AWS knows it.");
                    (SetupStep::made(NAME, text), Some(arn))
                }
                Err(error) => (SetupStep::failed(NAME, &error), None),
            },
            Err(error) => (self.unseen(NAME, &error), None),
        }
    }

    async fn role_policy(&self) -> SetupStep {
        const NAME: &str = "role-policy";
        let wanted = role_policy(self.partition(), &self.wish.bucket, &self.prefix);
        let place = format!("{}{}", self.wish.bucket, if self.prefix.is_empty() { "" } else { "/" });
        let place = format!("{place}{}", self.prefix);
        match self.find_policy().await {
            Ok(Some(known)) if known == wanted => SetupStep::fine(
                NAME,
                format!("The role may read and write below {place}, and nothing else by this policy."),
            ),
            Ok(_) if !self.wish.check_only => match self.put_policy(&wanted).await {
                Ok(()) => {
                    SetupStep::made(NAME, format!("From now on the role may read and write below {place}."))
                }
                Err(error) => SetupStep::failed(NAME, &error),
            },
            Ok(_) => match self.has_others().await {
                Ok(true) => SetupStep::warn(
                    NAME,
                    format!(
                        "The role has policies of its own; whether they let it read and write below {place} is not known."
                    ),
                    let_set_up("iam:PutRolePolicy"),
                ),
                Ok(false) => SetupStep::missing(
                    NAME,
                    format!("The role may not read and write below {place}."),
                    let_set_up("iam:PutRolePolicy"),
                ),
                Err(error) => self.unseen(NAME, &error),
            },
            Err(error) => self.unseen(NAME, &error),
        }
    }

    fn asked(&self, action: &'static str) -> Asked<'_> {
        Asked { action, place: &self.role_place, key: None }
    }

    async fn find_role(&self) -> Result<Option<Role>, CloudError> {
        let asked = self.asked("iam:GetRole");
        let answer = self.line.iam().get_role().role_name(&self.role).send().await;
        let answer = match answer.map_err(|error| asked.failed(error)) {
            Ok(answer) => answer,
            Err(CloudError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(role) = answer.role() else {
            return Err(CloudError::Protocol { why: "IAM tells nothing of the role".to_owned() });
        };
        let trust = role.assume_role_policy_document().map_or(Value::Null, document);
        Ok(Some(Role { arn: role.arn().to_owned(), trust }))
    }

    async fn create_role(&self) -> Result<String, CloudError> {
        let asked = self.asked("iam:CreateRole");
        let request = self.line.iam().create_role().role_name(&self.role);
        let request = request.assume_role_policy_document(role_trust().to_string());
        let request =
            request.description("Lets MediaConvert read and write what Spillway puts into its bucket.");
        let answer = request.send().await.map_err(|error| asked.failed(error))?;
        let arn = answer.role().map(|role| role.arn().to_owned());
        arn.ok_or_else(|| CloudError::Protocol { why: "IAM tells nothing of the role".to_owned() })
    }

    async fn find_policy(&self) -> Result<Option<Value>, CloudError> {
        let asked = self.asked("iam:GetRolePolicy");
        let request = self.line.iam().get_role_policy().role_name(&self.role).policy_name(POLICY);
        match request.send().await.map_err(|error| asked.failed(error)) {
            Ok(answer) => Ok(Some(document(answer.policy_document()))),
            Err(CloudError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put_policy(&self, wanted: &Value) -> Result<(), CloudError> {
        let asked = self.asked("iam:PutRolePolicy");
        let request = self.line.iam().put_role_policy().role_name(&self.role).policy_name(POLICY);
        let answer = request.policy_document(wanted.to_string()).send().await;
        answer.map(drop).map_err(|error| asked.failed(error))
    }

    /// Whether the role has policies that are not ours.
    async fn has_others(&self) -> Result<bool, CloudError> {
        let asked = self.asked("iam:ListAttachedRolePolicies");
        let attached = self.line.iam().list_attached_role_policies().role_name(&self.role).send().await;
        if !attached.map_err(|error| asked.failed(error))?.attached_policies().is_empty() {
            return Ok(true);
        }
        let asked = self.asked("iam:ListRolePolicies");
        let inline = self.line.iam().list_role_policies().role_name(&self.role).send().await;
        Ok(inline.map_err(|error| asked.failed(error))?.policy_names().iter().any(|name| name != POLICY))
    }
}

/// A document as IAM hands it out: percent-encoded JSON.
fn document(text: &str) -> Value {
    let text = percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Whether MediaConvert may take on a role that says so.
fn trusts(trust: &Value) -> bool {
    let many = |value: &Value| match value {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let names = |value: &Value, wanted: &[&str]| {
        many(value).iter().filter_map(Value::as_str).any(|name| wanted.contains(&name))
    };
    many(&trust["Statement"]).iter().any(|statement| {
        statement["Effect"] == "Allow"
            && names(&statement["Principal"]["Service"], &[SERVICE])
            && names(&statement["Action"], &["sts:AssumeRole", "sts:*", "*"])
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trust_is_read_in_all_its_spellings() {
        assert!(trusts(&role_trust()));
        let one = json!({"Statement": {"Effect": "Allow", "Action": ["sts:AssumeRole"],
            "Principal": {"Service": ["ec2.amazonaws.com", "mediaconvert.amazonaws.com"]}}});
        assert!(trusts(&one));
        for wrong in [
            json!({}),
            json!({"Statement": {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"Service": SERVICE}}}),
            json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}}),
        ] {
            assert!(!trusts(&wrong), "{wrong}");
        }
        assert_eq!(document("%7B%22a%22%3A%201%7D"), json!({"a": 1}));
        assert_eq!(document("nonsense"), Value::Null);
    }
}
